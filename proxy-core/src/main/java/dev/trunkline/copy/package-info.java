/**
 * COPY's text and CSV formats as PostgreSQL reads them: where a row ends, where its fields are, and to which virtual shard its
 * key belongs. Rows stay the bytes that they are; only keys are decoded. Start with {@link dev.trunkline.copy.CopyScanner}.
 */
package dev.trunkline.copy;
