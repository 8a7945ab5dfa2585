//! Pay: numbers only from structured fields, never from prose; nothing is guessed.

use crate::posting::Amount;

/// ISO 4217, as the Worker accepts it. A test of laws/ compares the two.
const CURRENCIES: &str = "\
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN \
BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL \
GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF \
KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR \
MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG \
SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD \
UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL ";

/// Pay as stated by a feed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stated<'a> {
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub currency: Option<&'a str>,
    pub period: Option<&'a str>,
}

/// Pay after the rules were applied.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pay {
    pub min: Option<Amount>,
    pub max: Option<Amount>,
    pub currency: Option<String>,
    pub period: Option<&'static str>,
    /// Whether the ends were swapped.
    pub swapped: bool,
    /// An invalid currency.
    pub bad_currency: Option<String>,
}

/// Applies the rules: 0 means not stated, ends in the wrong order are swapped, and a currency or
/// period without an amount is dropped.
pub fn pay(stated: Stated<'_>) -> Pay {
    let min = stated.min.and_then(amount);
    let max = stated.max.and_then(amount);
    if min.is_none() && max.is_none() {
        return Pay::default();
    }
    let swapped = matches!((min, max), (Some(min), Some(max)) if min > max);
    let (min, max) = if swapped { (max, min) } else { (min, max) };
    let given = stated
        .currency
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let code = given.and_then(currency);
    Pay {
        min,
        max,
        bad_currency: given.filter(|_| code.is_none()).map(str::to_owned),
        currency: code,
        period: stated.period.and_then(period),
        swapped,
    }
}

fn amount(number: f64) -> Option<Amount> {
    (number.is_finite() && number > 0.0).then_some(Amount(number))
}

/// The code of a currency. "$" is ambiguous and not accepted.
fn currency(text: &str) -> Option<String> {
    match text {
        "€" => Some("EUR".to_owned()),
        "£" => Some("GBP".to_owned()),
        text => {
            let code = text.to_ascii_uppercase();
            let is_listed = CURRENCIES.split(' ').any(|listed| listed == code);
            (is_listed && !code.is_empty()).then_some(code)
        }
    }
}

/// The period that a word names.
pub fn period(text: &str) -> Option<&'static str> {
    Some(match super::letters(text).as_str() {
        "year" | "yearly" | "annual" | "annually" | "annum" | "perannum" | "peryear"
        | "peryearsalary" | "pa" | "jahr" => "YEAR",
        "month" | "monthly" | "permonth" | "permonthsalary" | "pm" | "monat" => "MONTH",
        "week" | "weekly" | "perweek" | "perweeksalary" | "pw" => "WEEK",
        "day" | "daily" | "perday" | "perdaywage" | "pd" => "DAY",
        "hour" | "hourly" | "perhour" | "perhourwage" | "ph" => "HOUR",
        _ => return None,
    })
}

/// Pay as text: "60000 - 75000 EUR per year".
pub fn display(pay: &Pay) -> Option<String> {
    let mut text = match (pay.min, pay.max) {
        (Some(min), Some(max)) if min == max => min.0.to_string(),
        (Some(min), Some(max)) => format!("{} - {}", min.0, max.0),
        (Some(min), None) => format!("from {}", min.0),
        (None, Some(max)) => format!("up to {}", max.0),
        (None, None) => return None,
    };
    if let Some(currency) = &pay.currency {
        text.push(' ');
        text.push_str(currency);
    }
    if let Some(period) = pay.period {
        text.push_str(" per ");
        text.push_str(&period.to_ascii_lowercase());
    }
    Some(text)
}
