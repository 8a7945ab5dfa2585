//! Codes from closed lists: countries, currencies, pay periods.

use super::stated::Stated;
use super::text::plain;
use super::violation::{Excerpt, Violation};
use crate::json::{Raw, push_json};

/// ISO 3166-1 alpha-2, the officially assigned codes.
const COUNTRIES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE \
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC \
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ";

/// ISO 4217, the codes of currencies in which people are paid.
const CURRENCIES: &str = "\
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN \
BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL \
GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF \
KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR \
MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG \
SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD \
UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL ";

const PERIODS: [&str; 5] = ["YEAR", "MONTH", "WEEK", "DAY", "HOUR"];

pub fn country<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    const EXPECTED: &str = "a country code of ISO 3166-1 alpha-2, such as DE";
    write(row, value, EXPECTED, |code| is_one_of::<3>(COUNTRIES, code))
}

pub fn currency<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    const EXPECTED: &str = "a currency code of ISO 4217, such as EUR";
    write(row, value, EXPECTED, |code| {
        is_one_of::<4>(CURRENCIES, code)
    })
}

pub fn period<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    const EXPECTED: &str = "YEAR, MONTH, WEEK, DAY or HOUR";
    write(row, value, EXPECTED, |code| PERIODS.contains(&code))
}

/// Accepts a listed word in any case; writes it in upper case.
fn write<'a>(
    row: &mut String,
    value: Raw<'a>,
    expected: &'static str,
    is_listed: impl Fn(&str) -> bool,
) -> Result<Stated, Violation<'a>> {
    let code = plain(value, expected)?.to_ascii_uppercase();
    if !is_listed(&code) {
        let Raw::String(string) = value else {
            return Err(Violation::WrongType(value, expected));
        };
        return Err(Violation::Invalid(Excerpt::Text(string.raw), expected));
    }
    push_json(row, &code);
    Ok(Stated::Value)
}

/// Whether a sorted list has the code. Each entry takes `N` bytes, the last of which is a blank.
fn is_one_of<const N: usize>(list: &str, code: &str) -> bool {
    let (entries, _) = list.as_bytes().as_chunks::<N>();
    let found = entries.binary_search_by(|entry| {
        let (_, listed) = entry.split_last().unwrap_or((&b' ', &[]));
        listed.cmp(code.as_bytes())
    });
    found.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_complete() {
        for (list, n_codes) in [(COUNTRIES, 249), (CURRENCIES, 161)] {
            let codes: Vec<&str> = list.split_terminator(' ').collect();
            assert!(codes.is_sorted(), "{list}");
            assert_eq!(codes.len(), n_codes);
        }
    }

    #[test]
    fn every_code_is_found_and_nothing_else() {
        for code in COUNTRIES.split_terminator(' ') {
            assert!(is_one_of::<3>(COUNTRIES, code), "{code}");
        }
        for code in CURRENCIES.split_terminator(' ') {
            assert!(is_one_of::<4>(CURRENCIES, code), "{code}");
        }
        for code in [
            "", " ", "A", "D E", "D", "DE ", "DED", "XX", "ZZ", "AA", "E D",
        ] {
            assert!(!is_one_of::<3>(COUNTRIES, code), "{code:?}");
        }
        for code in ["", "EU", "EUR ", "UR U", "XXX", "ZZZ"] {
            assert!(!is_one_of::<4>(CURRENCIES, code), "{code:?}");
        }
    }
}
