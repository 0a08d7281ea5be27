/**
 * The same statements on one plain PostgreSQL and through the proxy, answer for answer. The statements are the text files in
 * {@code src/test/resources/parity}; start with {@link dev.trunkline.parity.StatementFile}.
 */
package dev.trunkline.parity;
