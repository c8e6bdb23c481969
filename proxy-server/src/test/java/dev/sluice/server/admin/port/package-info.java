@NullMarked
package dev.sluice.server.admin.port;

import org.jspecify.annotations.NullMarked;
