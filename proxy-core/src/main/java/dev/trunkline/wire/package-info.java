/**
 * PostgreSQL's protocol 3.0 and 3.2 as two sealed families of records, with one decoder and one encoder for each
 * direction. Nothing here knows sockets: a caller cuts frames out of its stream and hands over their bodies. Start with
 * {@link dev.trunkline.wire.FrontendMessage} and {@link dev.trunkline.wire.BackendMessage}; {@link
 * dev.trunkline.wire.FrameLimits} says how long a message may be.
 */
package dev.trunkline.wire;
