@NullMarked
package dev.sluice.router.session;

import org.jspecify.annotations.NullMarked;
