package dev.trunkline.load;

import dev.trunkline.copy.CopyFormat;
import java.util.List;
import java.util.Set;

/**
 * What to load and how.
 *
 * @param database
 *            null for the first of the file
 * @param user
 *            of the configuration file, with whose login the rows are copied; null for the control account
 * @param table
 *            as the configuration file writes it
 * @param columns
 *            of the file, in order; null for all but generated ones
 * @param onlyNodes
 *            the names of the nodes to load into, whose rows alone are taken; null for all
 * @param maxRowBytes
 *            the longest row that is accepted
 */
public record LoadOptions(String database, String user, String table, List<String> columns, CopyFormat format,
        Header header, Set<String> onlyNodes, int maxRowBytes) {

    /** What the first line is. */
    public enum Header {
        NONE,
        SKIPPED,
        /** It has to name the columns, in order. */
        MATCHED
    }
}
