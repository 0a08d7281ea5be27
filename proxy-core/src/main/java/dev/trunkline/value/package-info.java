/**
 * PostgreSQL's values as far as routing and merging must understand them: which types can be shard keys, how a value is
 * read from either wire format without asking any setting, and PostgreSQL's own hash of it. Start with {@link
 * dev.trunkline.value.KeyConversion}: it holds the table of what compares with what. Whatever is not provably what the
 * server would do is not a key here.
 */
package dev.trunkline.value;
