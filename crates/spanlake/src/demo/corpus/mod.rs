//! The texts of the traffic: help articles, tickets, messages, orders and invoices, put together
//! from sentence patterns whose slots are filled by draws.

pub(super) mod articles;
pub(super) mod invoices;
pub(super) mod secrets;
pub(super) mod tickets;

/// Household devices that everything is about.
pub(super) const PRODUCTS: [&str; 20] = [
    "Aurora X2 vacuum",
    "Brisk 40 fan heater",
    "Calla espresso machine",
    "Dune air purifier",
    "Ember toaster oven",
    "Fenix robot mop",
    "Glide steam iron",
    "Halo desk lamp",
    "Ivory stand mixer",
    "Juno blender",
    "Kora rice cooker",
    "Lumo night light",
    "Mistral tower fan",
    "Nimbus humidifier",
    "Onda hair dryer",
    "Pico milk frother",
    "Quill label printer",
    "Rova sewing machine",
    "Solis heat pad",
    "Tarn kettle",
];

pub(super) const CITIES: [&str; 10] = [
    "Rotterdam",
    "Leipzig",
    "Lyon",
    "Porto",
    "Gdansk",
    "Antwerp",
    "Bologna",
    "Aarhus",
    "Graz",
    "Malmo",
];

/// Appends a pattern with its slots filled: `{p}` takes the value paired with `p`.
pub(super) fn fill(out: &mut String, pattern: &str, slots: &[(&str, &str)]) {
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        let value = slots.iter().find(|(slot, _)| *slot == name);
        out.push_str(value.map_or("", |(_, value)| *value));
        rest = after;
    }
    out.push_str(rest);
}
