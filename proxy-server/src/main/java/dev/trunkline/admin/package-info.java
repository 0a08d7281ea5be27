/**
 * The admin database {@code trunkline}: what an operator sees and does through any PostgreSQL client. Start with
 * {@link dev.trunkline.admin.AdminSession}; {@link dev.trunkline.admin.View} lists what SHOW has.
 */
package dev.trunkline.admin;
