//! The runtime's clock. In production it stands still while a Worker computes.

use js_sys::Date;
use wasm_bindgen::JsValue;

/// Milliseconds since 1970.
pub fn now_ms() -> f64 {
    Date::now()
}

/// ISO 8601 in UTC with milliseconds.
pub fn iso_time(ms: f64) -> String {
    Date::new(&JsValue::from_f64(ms)).to_iso_string().into()
}
