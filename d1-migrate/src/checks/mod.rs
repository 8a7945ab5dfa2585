//! The checks of `validate`, a file each: what a code means, how it is found, and examples.
//!
//! `cargo xtask new-check CODE NAME` writes the skeleton of another one.

mod a401_add_not_null;
mod a402_add_constraint;
mod a403_drop_column;
mod a404_broken_dependent;
mod a405_affinity;
mod a406_quoted_name;
mod a407_rows_in_the_way;
mod a408_virtual_table;
mod a409_computed;
mod f501_sections;
mod f502_verify;
mod f503_no_down;
mod f504_allow;
mod f505_backfill;
mod fk301_cascade;
mod fk302_deferred_rebuild;
mod fk303_switched_off;
mod fk304_renamed_first;
mod fk305_self_reference;
mod fk306_dependents;
mod r201_object;
mod r202_pragma;
mod r203_function;
mod r204_newer_alter;
mod r205_limit;
mod s601_fails;
mod s602_fails_with_rows;
mod s603_lost_rows;
mod s604_way_back;
mod s605_schema_file;
mod s606_real_d1;
mod s607_no_rows;
mod s608_not_checked;
mod t101_uncommented_down;
mod t102_unclosed;
mod t103_down_file;
mod t104_no_semicolon;
mod t105_order;
mod t106_history;
mod t107_transaction;
mod t108_fragile_trigger;

pub use s606_real_d1::CHECK as S606;
pub use s608_not_checked::CHECK as S608;

use crate::check::{Check, Logic};

/// All of them, in the order of their codes.
pub static ALL: &[&Check] = &[
    &a401_add_not_null::CHECK,
    &a402_add_constraint::CHECK,
    &a403_drop_column::CHECK,
    &a404_broken_dependent::CHECK,
    &a405_affinity::CHECK,
    &a406_quoted_name::CHECK,
    &a407_rows_in_the_way::CHECK,
    &a408_virtual_table::CHECK,
    &a409_computed::CHECK,
    &f501_sections::CHECK,
    &f502_verify::CHECK,
    &f503_no_down::CHECK,
    &f504_allow::CHECK,
    &f505_backfill::CHECK,
    &fk301_cascade::CHECK,
    &fk302_deferred_rebuild::CHECK,
    &fk303_switched_off::CHECK,
    &fk304_renamed_first::CHECK,
    &fk305_self_reference::CHECK,
    &fk306_dependents::CHECK,
    &r201_object::CHECK,
    &r202_pragma::CHECK,
    &r203_function::CHECK,
    &r204_newer_alter::CHECK,
    &r205_limit::CHECK,
    &s601_fails::CHECK,
    &s602_fails_with_rows::CHECK,
    &s603_lost_rows::CHECK,
    &s604_way_back::CHECK,
    &s605_schema_file::CHECK,
    &s606_real_d1::CHECK,
    &s607_no_rows::CHECK,
    &s608_not_checked::CHECK,
    &t101_uncommented_down::CHECK,
    &t102_unclosed::CHECK,
    &t103_down_file::CHECK,
    &t104_no_semicolon::CHECK,
    &t105_order::CHECK,
    &t106_history::CHECK,
    &t107_transaction::CHECK,
    &t108_fragile_trigger::CHECK,
];

/// The codes of all checks.
pub(crate) fn codes() -> Vec<&'static str> {
    ALL.iter().map(|check| check.code).collect()
}

/// All logic of all checks.
pub(crate) fn logic() -> impl Iterator<Item = (&'static Check, &'static Logic)> {
    let of_check = |check: &&'static Check| {
        let check = *check;
        check.logic.iter().map(move |logic| (check, logic))
    };
    ALL.iter().flat_map(of_check)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::ALL;

    #[test]
    fn every_file_is_registered_under_the_code_in_its_name() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks");
        let mut of_files: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "mod.rs")
            .map(|name| name.split('_').next().unwrap().to_ascii_uppercase())
            .collect();
        of_files.sort();
        let registered: Vec<&str> = ALL.iter().map(|check| check.code).collect();
        assert_eq!(registered, of_files);
    }

    #[test]
    fn every_check_has_a_bad_and_a_good_example() {
        for check in ALL {
            // Shown by real D1 alone: a test of its own puts a wrangler in the way that applies nothing.
            let has_examples = !check.bad.is_empty() && !check.good.is_empty();
            assert!(has_examples || check.code == "S606", "{}", check.code);
        }
    }
}
