package dev.trunkline.config;

/** What {@code functions:} in the configuration file says about a function. */
public sealed interface FunctionRoute {

    /** It may run on any node: it reads and writes nothing that is distributed. */
    record Any() implements FunctionRoute {}

    /** It runs on the home node. */
    record Home() implements FunctionRoute {}

    /** It runs where the shard key given as its argument lives; {@code argument} counts from 1. */
    record Key(int argument) implements FunctionRoute {}

    /** It is refused. */
    record Refuse() implements FunctionRoute {}
}
