#pragma once
#include <libpq-fe.h>

/* The field codes of an error report are character macros, which Swift does not import. */
enum {
    CLIBPQ_DIAG_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED,
    CLIBPQ_DIAG_SQLSTATE = PG_DIAG_SQLSTATE,
    CLIBPQ_DIAG_MESSAGE = PG_DIAG_MESSAGE_PRIMARY,
    CLIBPQ_DIAG_DETAIL = PG_DIAG_MESSAGE_DETAIL,
    CLIBPQ_DIAG_HINT = PG_DIAG_MESSAGE_HINT
};
