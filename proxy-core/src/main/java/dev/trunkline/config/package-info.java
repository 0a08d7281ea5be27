/**
 * The configuration file as records: every key checked, every problem reported with file, line and column, all at once.
 * Start with {@link dev.trunkline.config.Configuration}.
 */
package dev.trunkline.config;
