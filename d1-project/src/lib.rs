//! What every D1 project has: a migrations folder, wrangler in node_modules, and the processes that wrangler starts.

pub mod group;
pub mod migrations;
pub mod node;
