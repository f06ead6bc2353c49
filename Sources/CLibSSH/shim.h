#pragma once
#include <libssh/libssh.h>
#include <libssh/callbacks.h>

/// `ssh_callbacks_init` is a macro that Swift cannot call.
static inline void clibssh_prepare_channel_callbacks(struct ssh_channel_callbacks_struct *callbacks) {
    ssh_callbacks_init(callbacks);
}
