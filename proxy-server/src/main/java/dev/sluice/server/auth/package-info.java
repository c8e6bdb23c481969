@NullMarked
package dev.sluice.server.auth;

import org.jspecify.annotations.NullMarked;
