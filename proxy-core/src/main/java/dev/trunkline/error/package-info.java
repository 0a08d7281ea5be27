/**
 * Every error that the proxy itself raises: SQLSTATE, whose fault it is, text and advice. Start with {@link
 * dev.trunkline.error.ProxyError}.
 */
package dev.trunkline.error;
