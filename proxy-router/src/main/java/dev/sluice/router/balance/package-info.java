@NullMarked
package dev.sluice.router.balance;

import org.jspecify.annotations.NullMarked;
