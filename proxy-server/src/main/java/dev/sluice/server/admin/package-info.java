/** Administration at run time: the operations, and the three doors that lead to them. */
@NullMarked
package dev.sluice.server.admin;

import org.jspecify.annotations.NullMarked;
