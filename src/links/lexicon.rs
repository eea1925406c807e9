//! The names of personal data, in the languages and habits of those who write links.
//!
//! Names are written as [`super::names`] compares them: lower case, letters without accents, words joined.

use super::hit::What::{
    self, Address, Age, BelgianNumber, BirthDate, Bsn, CodiceFiscale, Dni, Email, Gender, Iban, IpAddress,
    Location, Name, NationalId, Nhs, Nino, Nir, PaymentCard, Personnummer, Pesel, Phone, Ssn, SteuerId,
    Username,
};

/// Names that tell of a person whatever is before them, as in `billing_contact_email`.
pub(super) const TELLING: &[(What, &[&str])] = &[
    (
        Email,
        &[
            "email", "emailaddress", "emailaddr", "emailadress", "emailadresse", "emailadres", "mailaddress",
            "mailadresse", "mailadres", "mailto", "loginhint", "correo", "correoelectronico",
            "direccioncorreo", "direcciondecorreo", "emailcorreo", "courriel", "adressemail", "adresseemail",
            "adressecourriel", "adresseelectronique", "postaelettronica", "indirizzoemail", "indirizzomail",
            "enderecoemail", "enderecodeemail", "correioeletronico", "epost", "epostadress", "epostadresse",
            "sahkoposti", "sahkopostiosoite", "adresemail", "adrese", "eposta", "epostaadresi", "emailcim",
            "adresaemail", "почта", "электроннаяпочта", "пошта", "имейл", "メールアドレス", "メール", "邮箱", "电子邮件",
            "이메일",
        ],
    ),
    (
        Name,
        &[
            "firstname", "lastname", "fname", "lname", "fullname", "surname", "givenname", "familyname",
            "forename", "middlename", "maidenname", "customername", "vorname", "nachname", "familienname",
            "voornaam", "achternaam", "volledigenaam", "tussenvoegsel", "prenom", "nomdefamille",
            "nomcomplet", "nomprenom", "nombrecompleto", "nombreyapellidos", "apellido", "apellidos",
            "primerapellido", "segundoapellido", "cognome", "nomecognome", "nomeecognome", "sobrenome",
            "nomecompleto", "imie", "nazwisko", "imieinazwisko", "fornamn", "efternamn", "fornavn",
            "efternavn", "etternavn", "etunimi", "sukunimi", "jmeno", "prijmeni", "keresztnev", "vezeteknev",
            "prenume", "soyad", "soyadi", "фамилия", "имяфамилия", "氏名", "姓名", "名前", "이름",
        ],
    ),
    (
        BirthDate,
        &[
            "dob", "birthdate", "birthday", "bday", "bdate", "born", "dateofbirth", "dayofbirth", "birthyear",
            "yearofbirth", "geburtsdatum", "geburtstag", "geburtsjahr", "gebdatum", "gebdat", "geboortedatum",
            "geboortejaar", "geboortedag", "verjaardag", "naissance", "datenaissance", "datedenaissance",
            "anneenaissance", "ddn", "nacimiento", "fechanacimiento", "fechadenacimiento", "fnac", "fechanac",
            "cumpleanos", "nascita", "datanascita", "datadinascita", "nascimento", "datanascimento",
            "datadenascimento", "urodzenia", "dataurodzenia", "fodelsedatum", "fodelsedag", "fodselsdato",
            "fodselsdag", "syntymaaika", "datumnarozeni", "szuletesidatum", "datanasterii", "dogumtarihi",
            "датарождения", "生年月日", "出生日期",
        ],
    ),
    (
        Phone,
        &[
            "phone", "phonenumber", "phoneno", "telephone", "telefon", "telephonenumber", "mobilephone",
            "msisdn", "cellphone", "handy", "handynummer", "mobilnummer", "mobiltelefon", "telefonnummer",
            "rufnummer", "telefoon", "telefoonnummer", "mobielnummer", "gsm", "gsmnummer", "numerotelephone",
            "numerodetelephone", "numtel", "telefono", "numerotelefono", "numerodetelefono", "movil",
            "celular", "cellulare", "telefone", "telemovel", "komorka", "numertelefonu", "nrtelefonu",
            "nrtelefonu", "mobiltlf", "tlf", "puhelin", "puhelinnumero", "matkapuhelin", "telnr", "telno",
            "whatsapp", "телефон", "电话", "手机", "電話番号", "전화번호",
        ],
    ),
    (Address, &["streetaddress", "homeaddress", "postaladdress", "anschrift", "wohnort", "woonplaats"]),
    (
        NationalId,
        &[
            "nationalid", "nationalidnumber", "nationalidentifier", "identitynumber", "idcard",
            "idcardnumber", "passport", "passportnumber", "passportno", "reisepass", "reisepassnummer",
            "paspoort", "paspoortnummer", "passeport", "numeropasseport", "pasaporte", "passaporto", "taxid",
            "taxnumber", "taxidentificationnumber", "steuernummer", "sozialversicherungsnummer", "svnr",
            "svnummer", "rentenversicherungsnummer", "personalausweis", "ausweisnummer", "fuehrerschein",
            "driverslicense", "driverlicense", "drivinglicence", "nif", "cpf", "fodselsnummer", "cpr",
            "cprnummer", "hetu", "henkilotunnus", "cnp", "rodnecislo", "egn", "aadhaar", "aadhar", "tckn",
            "tckimlik", "паспорт", "инн",
        ],
    ),
    (Bsn, &["bsn", "burgerservicenummer", "sofinummer"]),
    (SteuerId, &["steuerid", "steueridnr", "steueridentifikationsnummer"]),
    (Nir, &["numerosecu", "numerosecuritesociale", "securitesociale", "numsecu", "nosecu"]),
    (Dni, &["dni", "dninie", "nifnie"]),
    (CodiceFiscale, &["codicefiscale", "codfiscale", "codfisc"]),
    (BelgianNumber, &["rijksregister", "rijksregisternummer", "insz", "niss", "registrenational"]),
    (Pesel, &["pesel"]),
    (Personnummer, &["personnummer", "personnr"]),
    (Nhs, &["nhsnumber", "nhsno"]),
    (Nino, &["nino", "nationalinsurance", "nationalinsurancenumber"]),
    (Ssn, &["ssn", "socialsecurity", "socialsecuritynumber"]),
    (Iban, &["iban", "bankaccount", "bankaccountnumber", "kontonummer", "rekeningnummer"]),
    (
        PaymentCard,
        &["creditcard", "creditcardnumber", "cardnumber", "ccnumber", "kreditkarte", "kreditkartennummer"],
    ),
    (Location, &["latlng", "gpsposition"]),
];

/// Names that tell of a person only alone or right after a word for one: `name`, `customer_name`, not `store_name`.
pub(super) const ALONE: &[(What, &[&str])] = &[
    (Email, &["mail", "mel"]),
    (
        Name,
        &[
            "name", "nom", "nombre", "nome", "naam", "namn", "navn", "nimi", "nev", "nume", "isim",
            "initials", "nickname", "displayname", "имя",
        ],
    ),
    (BirthDate, &["birth"]),
    (Phone, &["tel", "mobile", "mobil", "mobiel", "cell", "fon"]),
    (
        Address,
        &[
            "address", "addr", "adresse", "adres", "adress", "direccion", "indirizzo", "endereco", "street",
            "strasse", "straat", "straatnaam", "rue", "calle", "ulica", "zip", "zipcode", "postcode",
            "postalcode", "plz", "postleitzahl", "codepostal", "codigopostal", "kodpocztowy", "postnummer",
            "huisnummer", "hausnummer", "housenumber", "адрес",
        ],
    ),
    (NationalId, &["identity", "tin"]),
    (Nir, &["nir"]),
    (Dni, &["nie"]),
    (PaymentCard, &["pan"]),
    (
        Gender,
        &["gender", "sex", "geschlecht", "geslacht", "sexe", "sexo", "sesso", "genero", "plec", "civilite"],
    ),
    (Age, &["age", "alter", "leeftijd", "edad", "idade"]),
    (
        Username,
        &[
            "username", "login", "loginname", "benutzername", "gebruikersnaam", "nomutilisateur",
            "nombreusuario", "screenname",
        ],
    ),
    (Location, &["lat", "lng", "lon", "latitude", "longitude"]),
    (IpAddress, &["ip", "ipaddress", "ipaddr", "ipadresse", "remoteaddr"]),
];

/// Words for a person, or for what of theirs is meant.
pub(super) const PERSONS: &[&str] = &[
    "customer", "cust", "client", "user", "usr", "contact", "recipient", "respondent", "subscriber", "member",
    "guest", "patient", "person", "personal", "people", "employee", "participant", "panelist", "caller",
    "buyer", "shopper", "lead", "profile", "requester", "passenger", "traveller", "traveler", "holder",
    "cardholder", "applicant", "candidate", "visitor", "student", "pupil", "parent", "child", "driver",
    "owner", "my", "your", "to", "first", "last", "full", "given", "family", "middle", "maiden", "home",
    "private", "billing", "shipping", "delivery", "work", "primary", "secondary", "kunde", "kunden", "kundin",
    "klant", "klanten", "cliente", "kontakt", "contacto", "contatto", "benutzer", "nutzer", "gebruiker",
    "utilisateur", "usuario", "utente", "empfaenger", "ontvanger", "destinataire", "destinatario",
    "teilnehmer", "deelnemer", "mitglied", "lid", "gast", "persoon", "personne", "persona", "mitarbeiter",
    "medewerker", "empleado", "salarie", "bezoeker", "besucher", "klient", "kund", "asiakas", "zakaznik",
    "клиента", "клиент",
];

/// Words between a name and a person: `name_of_customer`, `nom_du_client`.
pub(super) const LINKING: &[&str] = &[
    "of", "de", "del", "du", "da", "do", "des", "della", "di", "la", "le", "el", "van", "von", "der", "the",
];

/// Words for what is no person, and for switches: `store_phone`, `has_email`. Right before a name they take it back.
pub(super) const IMPERSONAL: &[&str] = &[
    "store", "shop", "branch", "company", "business", "merchant", "hotel", "restaurant", "venue", "support",
    "helpdesk", "service", "office", "sender", "from", "noreply", "brand", "campaign", "product", "event",
    "template", "list", "survey", "form", "page", "file", "host", "site", "app", "org", "organisation",
    "organization", "firma", "filiale", "winkel", "tienda", "magasin", "negozio", "vendor", "supplier", "has",
    "is", "no", "show", "hide", "send", "skip", "allow", "require", "ask", "verify", "track", "enable",
    "disable", "use", "want", "via", "by", "medium", "channel",
];

/// Words of templates and forms before a name, which say nothing: `{{#if email}}`, `field_email`.
pub(super) const PREAMBLE: &[&str] = &[
    "if", "unless", "else", "each", "with", "var", "url", "html", "raw", "get", "arg", "args", "query",
    "param", "field", "hidden", "prefill", "default", "value", "v",
];

/// Words after a name which do not change what it tells: a hash of an address still tells of one person.
pub(super) const EPILOGUE: &[&str] = &[
    "number", "nr", "no", "num", "value", "val", "field", "hash", "hashed", "sha", "md", "base", "b", "enc",
    "encoded", "encrypted", "plain", "raw", "text", "input", "str", "param", "lower", "hidden", "prefill",
];

/// Words that say that digits are no person's: orders, products, times, campaigns.
pub(super) const ORDINARY: &[&str] = &[
    "order", "orders", "orderid", "orderno", "ordernr", "bestellung", "bestellnummer", "auftrag",
    "bestelling", "bestelnummer", "commande", "pedido", "ordine", "zamowienie", "invoice", "factuur",
    "rechnung", "facture", "factura", "fattura", "receipt", "bon", "ticket", "tickets", "case", "zaak", "ref",
    "reference", "referenz", "referentie", "booking", "buchung", "boeking", "reservation", "reservierung",
    "transaction", "txn", "payment", "parcel", "tracking", "shipment", "sendung", "zending", "sku", "ean",
    "gtin", "upc", "isbn", "asin", "product", "products", "prod", "article", "artikel", "article", "item",
    "items", "serial", "imei", "store", "shop", "branch", "filiale", "winkel", "site", "campaign", "cid",
    "utm", "ad", "ads", "adgroup", "creative", "placement", "gclid", "fbclid", "msclkid", "clickid", "ts",
    "time", "timestamp", "date", "datum", "fecha", "data", "day", "dag", "tag", "month", "week", "year",
    "since", "until", "from", "to", "von", "bis", "van", "tot", "desde", "hasta", "start", "end", "begin",
    "expires", "expiry", "exp", "iat", "nbf", "created", "updated", "modified", "published", "release",
    "released", "edition", "founded", "valid", "checkin", "checkout", "arrival", "departure", "period",
    "archive", "news", "blog", "press", "nonce", "sig", "signature", "checksum", "hash", "token", "tok",
    "key", "session", "sid", "state", "coupon", "voucher", "promo", "version", "api", "build", "rev", "price",
    "amount", "total", "cents", "job", "batch", "message", "msg", "mid", "survey", "form", "question",
    "answer", "page", "offset", "limit", "size", "width", "height", "seed", "rand", "random", "cache",
    "trace", "span", "request", "correlation",
];

/// Words that say that digits are a person's number, where check digits alone would not do.
pub(super) const OFFICIAL: &[&str] = &[
    "person", "personal", "persoon", "persoonsnummer", "patient", "citizen", "burger", "buerger", "national",
    "identity", "identiteit", "tax", "fiscal", "social", "insurance", "nhs", "bsn", "sofi", "idnr",
    "idnumber", "pin",
];
