package dev.trunkline.catalog;

/** A type of the user's on one node. {@code id} is as {@code format_type} spells it; {@code arrayOid} is 0 if it has no array type. */
public record UserType(String id, int oid, int arrayOid, String definition) {}
