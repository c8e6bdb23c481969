package dev.sluice.router.sql;

/**
 * What the vocabulary knows about one word. Immutable.
 *
 * @param keyword its meaning in the grammar
 * @param function its meaning in front of a parenthesis
 * @param folded whether its case never matters, so that the fingerprint ignores it; other words only when called
 */
record Word(Keyword keyword, FunctionClass function, boolean folded) {}
