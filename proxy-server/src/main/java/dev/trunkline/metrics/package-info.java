/** What is measured, and the HTTP server that shows it. Start with {@link dev.trunkline.metrics.Monitoring}. */
package dev.trunkline.metrics;
