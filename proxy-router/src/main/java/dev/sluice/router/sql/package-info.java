@NullMarked
package dev.sluice.router.sql;

import org.jspecify.annotations.NullMarked;
