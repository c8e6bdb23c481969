@NullMarked
package dev.sluice.router.topology;

import org.jspecify.annotations.NullMarked;
