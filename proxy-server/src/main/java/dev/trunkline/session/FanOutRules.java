package dev.trunkline.session;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.plan.TableUse;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The policy on statements without a key. The first that says something decides: the statement's routing comment, the
 * session's {@code trunkline.fan_out} (SET LOCAL before SET before the startup message), the user, the strictest of the
 * statement's tables, the database.
 *
 * @param warnAlways whether a session is warned of the same statement again and again
 * @param ofUsers the policies of users that have one of their own
 */
public record FanOutRules(boolean warnAlways, Map<String, FanOutPolicy> ofUsers) {

    /** The session's setting that overrides the file's policies. */
    static final String SETTING = "trunkline.fan_out";

    private static final Pattern COMMENT = Pattern.compile("/\\*\\s*trunkline\\s*:([^*]*)\\*/");
    private static final Pattern HINT = Pattern.compile("(?:^|[\\s,;])fan_out\\s*=\\s*(\\S+?)(?=$|[\\s,;])");

    public FanOutRules {
        ofUsers = Map.copyOf(ofUsers);
    }

    /** @param ofSession the session's own setting, or null */
    FanOutPolicy of(StatementPlan plan, Catalog catalog, String user, FanOutPolicy ofSession) {
        FanOutPolicy ofComment = ofComment(plan.fingerprint());
        if (ofComment != null) {
            return ofComment;
        }
        return ofSession != null ? ofSession : configured(plan, catalog, user);
    }

    private FanOutPolicy configured(StatementPlan plan, Catalog catalog, String user) {
        FanOutPolicy ofUser = ofUsers.get(user);
        if (ofUser != null) {
            return ofUser;
        }
        FanOutPolicy strictest = null;
        for (TableUse use : plan.tables()) {
            FanOutPolicy policy = catalog.fanOut(use.relation());
            if (policy != null && (strictest == null || policy.compareTo(strictest) > 0)) {
                strictest = policy;
            }
        }
        return strictest != null ? strictest : catalog.fanOut();
    }

    /** What a statement on no table with a policy of its own gets, for SHOW. */
    FanOutPolicy ofUser(String user, Catalog catalog) {
        return ofUsers.getOrDefault(user, catalog.fanOut());
    }

    /** The routing comment's policy, which is part of the fingerprint; null when it has none. */
    static FanOutPolicy ofComment(String fingerprint) {
        if (!fingerprint.contains("/*")) {
            return null;
        }
        FanOutPolicy last = null;
        for (Matcher comment = COMMENT.matcher(fingerprint); comment.find();) {
            for (Matcher hint = HINT.matcher(comment.group(1)); hint.find();) {
                last = policy(hint.group(1));
            }
        }
        return last;
    }

    /** The policy that a word means, whether or not it stands in quotes. */
    static FanOutPolicy policy(String word) {
        String bare = word.strip().replaceAll("^['\"]|['\"]$", "").toUpperCase(Locale.ROOT);
        return Arrays.stream(FanOutPolicy.values()).filter(policy -> policy.name().equals(bare)).findFirst()
                .orElseThrow(() -> ProxyError.INVALID_PARAMETER_VALUE.with(
                        "invalid value for parameter \"" + SETTING + "\": \"" + bare.toLowerCase(Locale.ROOT) + "\"",
                        "Available values: allow, notice, warn, reject."));
    }

    /** The word of a policy. */
    static String word(FanOutPolicy policy) {
        return policy.name().toLowerCase(Locale.ROOT);
    }
}
