package dev.trunkline.catalog;

/** Where the value of a column comes from when an INSERT leaves it out. */
public enum DefaultKind {
    /** NULL. */
    NONE,
    /** {@code serial}, or any default that calls {@code nextval}. */
    SEQUENCE,
    /** {@code GENERATED ... AS IDENTITY}. */
    IDENTITY,
    /** {@code GENERATED ALWAYS AS (...)}, stored or virtual. */
    GENERATED,
    /** A constant that depends on nothing. */
    CONSTANT,
    /** Any other expression. */
    EXPRESSION
}
