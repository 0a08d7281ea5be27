/**
 * LISTEN and NOTIFY: one connection to each node hears for all sessions of a database what is notified there, and hands it to
 * those that listen. Start with {@link dev.trunkline.notification.Channels}.
 */
package dev.trunkline.notification;
