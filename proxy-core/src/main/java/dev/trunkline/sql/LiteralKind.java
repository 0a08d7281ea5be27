package dev.trunkline.sql;

/** The lexical kind of a literal, which is part of the fingerprint: {@code 5}, {@code 5.0} and {@code '5'} are three. */
public enum LiteralKind {
    /** Digits only: int4, int8 or numeric by its size. */
    INTEGER,
    /** With a point or an exponent: numeric. */
    NUMERIC,
    /** Any spelling of a string constant: quotes, E'', U&'', dollar quotes, N''. Of unknown type. */
    STRING,
    /** B'' or X''. */
    BIT,
    TRUE,
    FALSE,
    NULL
}
