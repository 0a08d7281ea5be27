/** The command line, and what is wired for each command. Start with {@link dev.trunkline.Main}. */
package dev.trunkline;
