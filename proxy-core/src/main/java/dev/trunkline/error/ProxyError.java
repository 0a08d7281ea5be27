package dev.trunkline.error;

public enum ProxyError {
}
