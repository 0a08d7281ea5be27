package dev.trunkline.catalog;

/** A node of a database as planning sees it: {@code index} is its ordinal in the configuration file, from 0. */
public record Node(int index, String name) {}
