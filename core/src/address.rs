//! Client addresses, reduced to what distinguishes one client from another.

use std::net::{IpAddr, Ipv6Addr};

/// Returns the key under which failed authentications from an address are counted: an IPv4 address,
/// or the /64 of an IPv6 address, because most networks assign a customer a whole /64. Any other
/// text is its own key.
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
    fn each_ipv4_address_has_its_own_key() {
        assert_eq!(limit_key("192.0.2.1"), "192.0.2.1");
        assert_eq!(limit_key(" 192.0.2.1 "), "192.0.2.1");
        // The form that a dual-stack socket reports.
        assert_eq!(limit_key("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(limit_key("192.0.2.1"), limit_key("192.0.2.2"));
    }

    #[test]
    fn ipv6_addresses_of_one_64_share_a_key() {
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
    fn other_texts_are_their_own_key() {
        assert_eq!(limit_key(""), "");
        assert_eq!(limit_key("192.0.2.1:443"), "192.0.2.1:443");
    }
}
