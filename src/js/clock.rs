//! The runtime's clock. In production it stands still while a Worker computes.

use js_sys::Date;

/// Milliseconds since 1970.
pub fn now_ms() -> f64 {
    Date::now()
}
