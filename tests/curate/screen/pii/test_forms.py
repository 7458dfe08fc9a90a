"""What is found of each kind, and which numbers of science are none."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.pii.finders import FORMS, Kind
from curate.screen.pii.spans import apart


def found(kind: Kind, text: str) -> list[str]:
    spans = apart([span for form in FORMS[kind] for span in form.find(text)])
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Correspondence: a.b-c+d@uni-x.ac.uk.", ["a.b-c+d@uni-x.ac.uk"]),
        ("(ann@x.org, bob@y.de)", ["ann@x.org", "bob@y.de"]),
        ("{ann,bob}@cs.uni.edu", ["{ann,bob}@cs.uni.edu"]),
        ("müller@bücher.example", ["müller@bücher.example"]),
        ("mailto:ann@x.org?subject=a", ["ann@x.org"]),
        ("git@github.com:ann/x", []),
        ("Fe3O4@SiO2 shells, W @ x, a@b", []),
        ("y = weights@x.reshape(3)", []),
        ("ann@@x.org, @ann, ann@", []),
        (".@x.org", []),
    ],
)
def test_emails(text: str, addresses: list[str]) -> None:
    assert found("email", text) == addresses


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("+44 20 7946 0958", ["+44 20 7946 0958"]),
        ("+44 (0)20 7946-0958", ["+44 (0)20 7946-0958"]),
        ("(+34) 91 123 45 67", ["(+34) 91 123 45 67"]),
        ("+4930123456789.", ["+4930123456789"]),
        ("0049 30 1234567", ["0049 30 1234567"]),
        ("1-800-555-0199 or (212) 555-0199", ["1-800-555-0199", "(212) 555-0199"]),
        ("212.555.0199 ext. 42", ["212.555.0199 ext. 42"]),
        ("Tel.: 030 / 12 34 56 78", ["030 / 12 34 56 78"]),
        ("Fax 030-1234567", ["030-1234567"]),
        ("Please call me at 555 1234.", ["555 1234"]),
        ("Phone: 555-1234, 555-2345 and 555 3456", ["555-1234", "555-2345", "555 3456"]),
        ("Ann\nT: 030 1234567\nF: 030 1234568", ["030 1234567", "030 1234568"]),
        ("078 6657 2626 office\n", ["078 6657 2626"]),
    ],
)
def test_phones(text: str, numbers: list[str]) -> None:
    assert found("phone", text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "ISSN 1932-6203, ISBN 978-3-16-148410-0",
        "doi:10.1371/journal.pone.0012345",
        "https://orcid.org/0000-0002-1825-0097",
        "CAS 7732-18-5, NCT01234567, ISRCTN12345678, PMC1234567",
        "from 2001-2005 and 1998/1999; on 2012-05-14, 14.05.2012",
        "+112 kJ, +37 °C, [M+H]+ 445.1200, chr7:+117120016",
        "at +52.520008, -13.404954 and 40° 26′ 46″",
        "12 345 678 reads, 1 234 567 variants (call rate 99.1234567 %)",
        "| 2010 2011 2012 | 123.456 789.012 | 0.123 0.456 |",
        "Call No. 2011-02348234, grant 81271234, No. 130-093-632",
        "called 12 345 678 1234 5678 9012 variants",
        "the phone in 2001-2005, fax 2012-05-14",
        "mobile phases of 10.1234567 min",
        "1-800",
    ],
)
def test_numbers_of_science_are_no_phones(text: str) -> None:
    assert found("phone", text) == []


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("at 192.168.10.1 and 86.231.85.193.", ["192.168.10.1", "86.231.85.193"]),
        ("http://10.0.0.1/x", ["10.0.0.1"]),
        ("IP 1.1.1.1", ["1.1.1.1"]),
        ("10.0.0.0/8", ["10.0.0.0"]),
        ("2001:db8::8a2e:370:7334", ["2001:db8::8a2e:370:7334"]),
        ("from d80:e4b5:79da:6cf6:71f3:51f7:9161:c319", ["d80:e4b5:79da:6cf6:71f3:51f7:9161:c319"]),
        ("EC 3.4.21.105 and 1.1.1.27", []),
        ("CATH 3.40.50.10", []),
        ("version 10.12.14.120, v10.12.14.120", []),
        ("256.100.100.100", []),
        ("1.2.3.4.5, 12.12.12.12.12", []),
        ("at 12:34:56, 1:2:4:8:16:32:64:128, HLA-A*02:01:01:01", []),
        ("std::vector, a::b, dead::beef::cafe1", []),
    ],
)
def test_ips(text: str, addresses: list[str]) -> None:
    assert found("ip", text) == addresses


@pytest.mark.parametrize(
    "number",
    [
        "123-45-6789",  # the United States
        "SSN: 123456789",
        "AB 12 34 56 C",  # the United Kingdom
        "12345678Z",  # Spain
        "X1234567L",
        "RSSMRA85T10A562S",  # Italy
        "2 55 08 14 168 025 38",  # France
        "11010519491231002X",  # China
        "529.982.247-25",  # Brazil
        "ABCPE1234F",  # India
        "Steuer-ID 86 095 742 719",  # Germany
        "Aadhaar 2341 2341 2346",
        "SIN 046 454 286",  # Canada
        "NHS number 943 476 5919",
        "PESEL 44051401359",  # Poland
        "BSN 111222333",  # the Netherlands
        "personnummer 811228-9874",  # Sweden
    ],
)
def test_national_ids(number: str) -> None:
    (one,) = found("national_id", f"It is {number}, she says.")

    assert number.endswith(one)


@pytest.mark.parametrize(
    "text",
    [
        "000-45-6789, 666-45-6789, 912-45-6789, 123-00-6789, 123-45-0000",
        "12345678A, X1234567A, RSSMRA85T10A562T",
        "2 55 08 14 168 025 39, 110105194912310021, 529.982.247-26",
        "Steuer-ID 86 095 742 718, Aadhaar 2341 2341 2347, SIN 046 454 287",
        "86095742719, 2341 2341 2346, 046 454 286",
        "sin 046 454 286, tin 86 095 742 719",
        "CAS 123-45-6, accession AB123456, AY123456.1, NM_001234567",
        "10.1371/123-45-6789.1",
    ],
)
def test_other_numbers_are_no_national_ids(text: str) -> None:
    assert found("national_id", text) == []


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        ("card 4111111111111111.", ["4111111111111111"]),
        ("5555 5555 5555 4444", ["5555 5555 5555 4444"]),
        ("3782-822463-10005", ["3782-822463-10005"]),
        ("4111111111111112, 9111111111111111", []),
        ("0.4111111111111111, 4111111111111111.5", []),
        ("1234 4111 1111 1111 1111", []),
        ("4111 1111 1111 1111 1234", []),
        ("ACTRN4111111111111111", []),
        ("0000-0002-1825-0097", []),
    ],
)
def test_cards(text: str, cards: list[str]) -> None:
    assert found("card", text) == cards


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("GB29NWBK60161331926819.", ["GB29NWBK60161331926819"]),
        ("to DE89 3704 0044 0532 0130 00 now", ["DE89 3704 0044 0532 0130 00"]),
        ("gb29nwbk60161331926819", ["gb29nwbk60161331926819"]),
        ("GB28NWBK60161331926819, GB29NWBK6016133192681", []),
        ("Gb29nwbk60161331926819, XX29NWBK60161331926819", []),
        ("DE89 37040 044 0532 0130 00, GB29NWBK601613319268190", []),
        ("GB29", []),
    ],
)
def test_ibans(text: str, numbers: list[str]) -> None:
    assert found("iban", text) == numbers


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("AKIAIOSFODNN7EXAMPLE", ""),
        ("ghp_" + "a1B2" * 9, ""),
        ("sk-proj-" + "a1B2" * 9, ""),
        ("hf_" + "aBcD" * 8 + "eF", ""),
        ("AIza" + "a1B2-" * 7, ""),
        ("xoxb-1234567890-abcdef", ""),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123def456", ""),
        ("password = 'hunter2!' # mine", "password = '' # mine"),
        ("DB_PASSWORD=s3cret99\n", "DB_PASSWORD=\n"),
        ("api_key: 'a1b2c3d4e5f6a7b8c9'", "api_key: ''"),
        ("Authorization: Bearer abc.DEF.123456", "Authorization: Bearer "),
        ("https://ann:pa55@x.org/y", "https://ann:@x.org/y"),
        (
            "a -----BEGIN RSA PRIVATE KEY-----\nMIIB\n\nx\n-----END RSA PRIVATE KEY----- b",
            "a  b",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIB\n\nText goes on.", "\n\nText goes on."),
    ],
)
def test_secrets(text: str, kept: str) -> None:
    secrets = found("secret", text)

    assert len(secrets) == 1
    assert text.replace(secrets[0], "") == kept


@pytest.mark.parametrize(
    "text",
    [
        "AKIAVLLLKESWPQRTGHNM is a peptide of twenty residues",
        "a risk-adjusted-for-age-and-sex model, task-specific-fine-tuning-of-models",
        "password = getpass(), token = tokens[0], secret: your_secret_here",
        "the token: a word or a part of one; key: value, key = sorted_values",
        "password: ********, password=<secret>, pwd=$PWD, token=None",
        "the bearer of an autosomal-recessive-mutation",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "https://x.org:8080/a@b",
    ],
)
def test_words_are_no_secrets(text: str) -> None:
    assert found("secret", text) == []


PIECES = st.sampled_from(
    [
        *"0123456789 .-+(:@/x\n",
        *("123", "4111", "212", "555", "00", "GB29", "NWBK", "a@b.org", "dead", "::", "SSN "),
        *("tel ", "call ", " office", "T: ", "sk-", "password=", "://", "eyJ", "A", "é", "\u200b"),
    ]
)


@pytest.mark.parametrize("kind", FORMS)
@given(st.lists(PIECES, max_size=24).map("".join))
def test_what_is_found_is_always_likely(kind: Kind, text: str) -> None:
    for form in FORMS[kind]:
        if any(True for _ in form.find(text)):
            assert pc.match_substring_regex(pa.array([text]), form.likely)[0].as_py()
