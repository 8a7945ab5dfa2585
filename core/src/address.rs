//! Addresses of clients, as far as they tell two clients apart.

use std::net::{IpAddr, Ipv6Addr};

/// The key under which the wrong tokens of an address are counted: an IPv4 address, or the /64 of an
/// IPv6 address, since a customer of most networks has all 2^64 addresses of one. Any other text is
/// its own key.
pub fn limit_key(address: &str) -> String {
    let address = address.trim();
    match address
        .parse()
        .map(|address: IpAddr| address.to_canonical())
    {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::limit_key;

    #[test]
    fn one_key_for_each_ipv4_address() {
        assert_eq!(limit_key("192.0.2.1"), "192.0.2.1");
        assert_eq!(limit_key(" 192.0.2.1 "), "192.0.2.1");
        // As a dual-stack socket shows it.
        assert_eq!(limit_key("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(limit_key("192.0.2.1"), limit_key("192.0.2.2"));
    }

    #[test]
    fn one_key_for_each_64_of_ipv6() {
        let key = "2001:db8:0:1::/64";
        for address in [
            "2001:db8:0:1::",
            "2001:db8:0:1::1",
            "2001:0DB8:0000:0001:ffff:ffff:ffff:ffff",
        ] {
            assert_eq!(limit_key(address), key, "{address}");
        }
        assert_ne!(limit_key("2001:db8:0:2::1"), key);
        assert_ne!(limit_key("2001:db8:1:1::1"), key);
    }

    #[test]
    fn other_texts_are_kept() {
        assert_eq!(limit_key(""), "");
        assert_eq!(limit_key("192.0.2.1:443"), "192.0.2.1:443");
    }
}
