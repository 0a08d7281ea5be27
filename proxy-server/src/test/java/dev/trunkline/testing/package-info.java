/**
 * What tests talk to the proxy with: {@link dev.trunkline.testing.PgClient}, a client that can send any message; {@link
 * dev.trunkline.testing.FakePostgres}, a node that says what a test tells it; and conversations between them as text files,
 * which {@link dev.trunkline.testing.ConversationPlayer} plays. {@code docs/testing.md} shows the files' form.
 */
package dev.trunkline.testing;
