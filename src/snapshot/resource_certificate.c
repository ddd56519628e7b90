/*
 * The noun of certificates.
 */
#include "snapshot/resource_int.h"

const struct sl_field sl_certificate_fields[] = {
    SL_FIELD_STR(struct sl_certificate_config, name, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "Unique.", .example = "shop"),
    SL_FIELD_STRS(struct sl_certificate_config, server_names, .max = "256",
                  .help = "Host names that it is presented for; `*.example.com` is all with one "
                          "label more. Left out: those in the certificate. Of two certificates for "
                          "the same name the one is presented that is valid longer.",
                  .example = "[shop.example.com, \"*.shop.example.com\"]"),
    SL_FIELD_STR(struct sl_certificate_config, certificate, .required = true, .min = "1",
                 .max = "65536",
                 .help = "The certificate as PEM text, and behind it the chain of its issuers, in "
                         "order, at most 16 in all.",
                 .example = "\"${file:/etc/sluice/shop.pem}\""),
    SL_FIELD_SECRET(struct sl_certificate_config, private_key, .required = true, .min = "1",
                    .max = "16384",
                    .help = "Its private key as PEM text, without a password: RSA of 2048 bits or "
                            "more, ECDSA, or Ed25519.",
                    .example = "\"${file:/etc/sluice/shop.key}\""),
    SL_FIELD_END,
};
