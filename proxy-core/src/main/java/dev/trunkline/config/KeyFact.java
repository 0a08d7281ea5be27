package dev.trunkline.config;

/**
 * A key that the file may have, as the code reads it: {@code path} has {@code *} for names that the user chooses,
 * {@code type} is a word like {@code duration} or the choices, {@code defaultText} is empty where there is none.
 */
public record KeyFact(String path, String type, String defaultText) {}
