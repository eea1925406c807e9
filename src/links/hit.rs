//! What is found in a link. Nothing here holds a personal value: it is masked where it is found.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Personal data in a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hit {
    /// The part of the link, such as `query parameter "email"` or `path segment 3`.
    pub place: String,
    /// What it carries.
    pub what: What,
    /// How that shows.
    pub how: How,
}

/// How personal data shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// The name of the parameter says so.
    Name,
    /// The name of a placeholder says so; the part of it that does.
    Placeholder(Cow<'static, str>),
    /// The value is such a thing.
    Value {
        /// The value with all but its first character left out.
        masked: String,
        /// How it was encoded.
        encoding: Encoding,
    },
}

/// How a value was encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Encoding {
    /// How many times by percent.
    pub percent: u8,
    /// How many times by base64.
    pub base64: u8,
}

macro_rules! kinds {
    ($($name:ident = $text:literal,)+) => {
        /// A kind of personal data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum What {
            $(#[doc = concat!("It is ", $text, ".")] $name,)+
        }

        impl fmt::Display for What {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)+
                })
            }
        }
    };
}

kinds! {
    Email = "an e-mail address",
    Name = "a name",
    Phone = "a phone number",
    BirthDate = "a birth date",
    Address = "a postal address",
    Username = "a user name",
    Gender = "a gender",
    Age = "an age",
    Location = "a location",
    IpAddress = "an IP address",
    NationalId = "a national identifier",
    Bsn = "a Dutch citizen service number (BSN)",
    SteuerId = "a German tax identification number (Steuer-ID)",
    Nir = "a French social security number (NIR)",
    Dni = "a Spanish identity number (DNI, NIE)",
    CodiceFiscale = "an Italian tax code (codice fiscale)",
    BelgianNumber = "a Belgian national number",
    Pesel = "a Polish identity number (PESEL)",
    Personnummer = "a Swedish identity number (personnummer)",
    Nhs = "a British NHS number",
    Nino = "a British national insurance number",
    Ssn = "a US social security number",
    Iban = "a bank account (IBAN)",
    PaymentCard = "a payment card number",
    Forbidden = "what the policy forbids (surveys.forbiddenParameters)",
}

impl Hit {
    /// Whether the value itself was found, not only a name that tells of it.
    pub fn is_value(&self) -> bool {
        matches!(self.how, How::Value { .. })
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what, how } = self;
        match how {
            How::Name => write!(f, "{place} is named for {what}"),
            How::Placeholder(name) => write!(f, "{place} has a placeholder for {what} ({name})"),
            How::Value { masked, encoding } => write!(f, "{place} holds {what} ({masked}{encoding})"),
        }
    }
}

/// Nothing, or `, percent-encoded twice, in base64`.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |count| match count {
            0 | 1 => String::new(),
            2 => " twice".to_owned(),
            more => format!(" {more} times"),
        };
        if self.percent > 0 {
            write!(f, ", percent-encoded{}", times(self.percent))?;
        }
        if self.base64 > 0 {
            write!(f, ", in base64{}", times(self.base64))?;
        }
        Ok(())
    }
}
