/** Who may connect, how often and how many at the same time; and an account of everybody who was turned away. */
@org.jspecify.annotations.NullMarked
package dev.sluice.server.admission;
