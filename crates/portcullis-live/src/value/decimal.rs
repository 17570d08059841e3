//! Exact decimals as text: no float comes between.

/// A decimal of up to 38 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// The most digits that are looked at.
const MAX_DIGITS: usize = 38;

impl Decimal {
    /// Reads `-12.50`, `12`, `.5`, or `1.25e3`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, number) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits: String = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_start_matches('0');
        if significant.len() > MAX_DIGITS || exponent.unsigned_abs() > 38 {
            return None;
        }
        let mut mantissa: i128 = match significant {
            "" => 0,
            digits => digits.parse().ok()?,
        };
        let mut scale = i32::try_from(fraction.len()).ok()? - exponent;
        while scale < 0 {
            mantissa = mantissa.checked_mul(10)?;
            scale += 1;
        }
        let scale = u32::try_from(scale).ok().filter(|scale| *scale <= 76)?;
        let mantissa = if negative { -mantissa } else { mantissa };
        Some(Self { mantissa, scale })
    }

    /// The digits before the point, without leading zeros.
    pub(crate) fn whole_digits(self) -> u32 {
        self.digits().saturating_sub(self.scale)
    }

    /// The digits after the point.
    pub(crate) fn places(self) -> u32 {
        self.scale
    }

    /// All digits; for `0.001` they are three.
    pub(crate) fn total_digits(self) -> u32 {
        self.digits().max(self.scale)
    }

    fn digits(self) -> u32 {
        match self.mantissa.unsigned_abs() {
            0 => 0,
            mantissa => mantissa.ilog10() + 1,
        }
    }

    /// As text with so many digits after the point, half to even.
    pub(crate) fn to_text(self, places: u32) -> String {
        let mut mantissa = self.mantissa.unsigned_abs();
        if self.scale > places {
            let divisor = 10_u128.checked_pow(self.scale - places);
            let (quotient, rest, half) = match divisor {
                Some(divisor) => (mantissa / divisor, mantissa % divisor, divisor / 2),
                None => (0, 0, 1),
            };
            let is_up = rest > half || (rest == half && quotient % 2 == 1);
            mantissa = quotient + u128::from(is_up);
        }
        let digits = mantissa.to_string();
        let padding = places.saturating_sub(self.scale) as usize;
        let places = places as usize;
        let digits = match mantissa {
            0 => "0".repeat(places + 1),
            _ => format!("{digits}{}", "0".repeat(padding)),
        };
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let sign = if self.mantissa < 0 && mantissa != 0 {
            "-"
        } else {
            ""
        };
        match places {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{fraction}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn decimals_are_written_with_their_places() {
        for (text, places, written) in [
            ("12.5", 3, "12.500"),
            ("-0.1", 2, "-0.10"),
            ("0", 2, "0.00"),
            ("1e3", 0, "1000"),
            (".5", 1, "0.5"),
            ("2.675", 2, "2.68"),
            ("2.665", 2, "2.66"),
            ("-0.001", 2, "0.00"),
            ("1000.5", 2, "1000.50"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_text(places), written);
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in ["", "-", ".", "1..2", "one", "NaN", "1e99", "١"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn digits_are_counted_as_forms_do() {
        let small = Decimal::parse("0.001").unwrap();
        assert_eq!(
            (small.total_digits(), small.places(), small.whole_digits()),
            (3, 3, 0)
        );
        let other = Decimal::parse("12.50").unwrap();
        assert_eq!(
            (other.total_digits(), other.places(), other.whole_digits()),
            (4, 2, 2)
        );
    }
}
