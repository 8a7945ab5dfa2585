//! Request ids, which are also run ids.

/// Returns a UUID of version 7 (RFC 9562): it starts with the time, so ids sort by it. Takes its
/// random bits from `random_v4`, a UUID of version 4.
pub fn uuid_v7(unix_ms: u64, random_v4: &str) -> String {
    let random = random_v4.get(15..36).unwrap_or("000-8000-000000000000");
    let (high, low) = (unix_ms >> 16 & 0xFFFF_FFFF, unix_ms & 0xFFFF);
    format!("{high:08x}-{low:04x}-7{random}")
}

/// Returns the smallest id of a millisecond, greater than all ids of earlier ones.
pub fn first_uuid_v7(unix_ms: u64) -> String {
    uuid_v7(unix_ms, "00000000-0000-4000-0000-000000000000")
}

#[cfg(test)]
mod tests {
    use super::{first_uuid_v7, uuid_v7};

    #[test]
    fn starts_with_the_time() {
        let random = "a1b2c3d4-e5f6-4abc-8def-0123456789ab";
        let id = uuid_v7(0x0193_5A6B_7C8D, random);
        assert_eq!(id, "01935a6b-7c8d-7abc-8def-0123456789ab");
        assert!(id < uuid_v7(0x0193_5A6B_7C8E, random));
    }

    #[test]
    fn first_id_separates_earlier_from_later_ids() {
        let random = |rest: &str| format!("a1b2c3d4-e5f6-4{rest}");
        let first = first_uuid_v7(1_000);
        assert!(first <= uuid_v7(1_000, &random("000-8000-000000000000")));
        assert!(first > uuid_v7(999, &random("fff-bfff-ffffffffffff")));
    }
}
