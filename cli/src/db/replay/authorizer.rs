//! What D1 refuses while a statement is prepared, after the lists of workerd's `sqlite.c++`.

use rusqlite::hooks::{AuthAction, AuthContext};

use crate::db::codes::{self, Code};

/// A refusal: the rule, and what was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    pub code: Code,
    pub message: String,
}

/// Functions on workerd's list. `load_extension` is on it too, but extensions are off.
const FUNCTIONS: &[&str] = &[
    "abs",
    "changes",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "format",
    "glob",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "last_insert_rowid",
    "length",
    "like",
    "likelihood",
    "likely",
    "lower",
    "ltrim",
    "max_scalar",
    "min_scalar",
    "nullif",
    "octet_length",
    "printf",
    "quote",
    "random",
    "randomblob",
    "replace",
    "round",
    "rtrim",
    "sign",
    "soundex",
    "substr",
    "substring",
    "total_changes",
    "trim",
    "typeof",
    "unhex",
    "unicode",
    "unlikely",
    "upper",
    "zeroblob",
    "date",
    "time",
    "datetime",
    "julianday",
    "unixepoch",
    "strftime",
    "timediff",
    "current_date",
    "current_time",
    "current_timestamp",
    "avg",
    "count",
    "group_concat",
    "max",
    "min",
    "string_agg",
    "sum",
    "total",
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "cos",
    "cosh",
    "degrees",
    "exp",
    "floor",
    "ln",
    "log",
    "log2",
    "mod",
    "pi",
    "pow",
    "radians",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "->",
    "->>",
    "json_insert",
    "json_object",
    "json_patch",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "json_quote",
    "json_group_array",
    "json_group_object",
    "json_each",
    "json_tree",
    "match",
    "highlight",
    "bm25",
    "snippet",
    "sqlite_rename_column",
    "sqlite_rename_table",
    "sqlite_rename_test",
    "sqlite_drop_column",
    "sqlite_rename_quotefix",
];

/// Pragmas that D1 runs.
const PRAGMAS: &[&str] = &[
    "case_sensitive_like",
    "foreign_keys",
    "defer_foreign_keys",
    "ignore_check_constraints",
    "legacy_alter_table",
    "recursive_triggers",
    "reverse_unordered_selects",
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "quick_check",
    "optimize",
    "table_info",
    "table_xinfo",
    "table_list",
    "data_version",
    "page_size",
];

const MODULES: &[&str] = &["fts5", "fts5vocab", "rtree", "rtree_i32"];

/// The rule that `context` breaks, if any.
pub fn check(context: &AuthContext<'_>) -> Option<Denied> {
    use AuthAction as A;
    let denied = |code, message: String| Some(Denied { code, message });
    match context.action {
        A::Attach { .. } | A::Detach { .. } => denied(
            codes::R201,
            "ATTACH, DETACH and VACUUM are refused by D1".into(),
        ),
        A::CreateTempIndex { .. }
        | A::CreateTempTable { .. }
        | A::CreateTempTrigger { .. }
        | A::CreateTempView { .. }
        | A::DropTempIndex { .. }
        | A::DropTempTable { .. }
        | A::DropTempTrigger { .. }
        | A::DropTempView { .. } => {
            denied(codes::R201, "temporary objects are refused by D1".into())
        }
        A::CreateVtable { module_name, .. } if !has(MODULES, module_name) => denied(
            codes::R201,
            format!("virtual tables of {module_name} are refused by D1"),
        ),
        A::Pragma {
            pragma_name,
            pragma_value,
        } if !has(PRAGMAS, pragma_name)
            || (pragma_value.is_some() && pragma_name.eq_ignore_ascii_case("page_size")) =>
        {
            denied(
                codes::R202,
                format!("PRAGMA {pragma_name} is refused by D1"),
            )
        }
        A::Function { function_name } if !has(FUNCTIONS, function_name) => denied(
            codes::R203,
            format!("the function {function_name} is refused by D1"),
        ),
        A::Transaction { .. } | A::Savepoint { .. } => denied(
            codes::T107,
            "transaction statements are refused by D1".into(),
        ),
        A::CreateTable { table_name }
        | A::DropTable { table_name }
        | A::AlterTable { table_name, .. }
        | A::Insert { table_name }
        | A::Update { table_name, .. }
        | A::Delete { table_name }
        | A::Read { table_name, .. }
            if table_name
                .get(..4)
                .is_some_and(|head| head.eq_ignore_ascii_case("_cf_")) =>
        {
            denied(
                codes::R201,
                format!("{table_name}: names that begin with _cf_ belong to D1"),
            )
        }
        _ => None,
    }
}

fn has(list: &[&str], name: &str) -> bool {
    list.iter().any(|one| one.eq_ignore_ascii_case(name))
}
