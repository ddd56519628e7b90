/** rsa_key: an RSA key that was made for tests and is used for nothing else; as PEM, and as PEM inside JSON. */
#pragma once

#define RSA_KEY_PEM                                                      \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCzT/bYB4xU0rmb\n" \
    "jvYNJPFMxWyQ82yasGYIHPhu1vXVPnmv7ZnMBazfD5dq1ECuMVBpf7WROtg2MT8G\n" \
    "nXsXFqjDD60gEzzdR9XfkDfrJEr/PPdtyGF6RDZhLO23xvrerwveqbtuzxrSozj5\n" \
    "Z37zBK0wYRDqrdiQlj/TLW+RshtF0k3VeXsaLOpgBTVktnhiKGFQm8zX+7HZm1VB\n" \
    "RnLGG9Gq4bPnSiSr8Afz0IJGQZnplCrmZyHgX7LcCq3ivkGSWCx9qA/1OfkonMUA\n" \
    "E+iXkOi4v3ms/LAbVU5EH1qArV/9z98UxL4KEyS6pEJV6M3NLw9d2UPTM38iEhGl\n" \
    "3FOtQj0JAgMBAAECggEAFRVEMcxZZ1PLjQshymkwkf/t2ZvgMM6oKzC009t51iky\n" \
    "skkejzWPnj6SusswEQstUuo4KqufkRJN6x+IbIOL3juGoJctIzDMvdeS1kFTLBrl\n" \
    "VhwnEfLZQ1MUCaAKDorIZirQ0KDl8iRM5k478qOhyrwZpW5BYLwPJGuwNZJFJfqh\n" \
    "xYU/anS+LbGeG5tGF6PezzE1VVcCEIr09TCk9C2/YXm/TzWCGJu3HAFklPoJApAc\n" \
    "XFcFHsNgKVxuFUX37PIartpL5ow1UCkXOF4m7TT2R7K0v+s5nZhBdCjRRckdt9aP\n" \
    "bG/d825tHk5UH6NG4kOMxp0ACFpJkBWSK1s5pwyvvQKBgQDzOrhyWt4akbdXrorC\n" \
    "me2TsFdsLJdJrQKnofxHRewRyrxo426iRb7oX4qWQ8o0HwgZqfd2g+p1L0itwfNx\n" \
    "LCBs5ymwfZYfrx+pIuH0/EU7Zt24bd7RdZJELYfxVZxiwI5Zn15Mt44hhHFgjzNd\n" \
    "eHMFELPc+4VaH+zVbeU+jy8GgwKBgQC8uiBXCjreTGaRYabPCLF7Atv28BtTmjUH\n" \
    "I+/9HgCcUf6HnS84LTukXfAfVj5dzx3h70gH7PsNQax61shFf+t1zXSAxbhMA0gK\n" \
    "SQiO0gQ188v34zarRQir93yCL83itQ6xjkYmFggIvEqQ9WJEGu96ZiirVc27D6mY\n" \
    "dQxBgSH4gwKBgQCSmAKQ0ZlpdAeHbigtj250A+U8ykdIXWDrPaL6JfdY5dLWeLS2\n" \
    "Usjz7pltZWAaN9W++gSuxmTpydzI9MtPm2PTnyMuPxLa98ZiPybma6EiYyYgwP95\n" \
    "SJ4mPzbeylVd42YoN/gyzrJ4GwXmR4iSvkS8ecud1W4S2oj4ParcIJocFwKBgAmf\n" \
    "vDJ0FRhs8PYM8sKwAMzzEmB/UgVrYbThgkV4GDPggohL3bKRq+7v02Tlsvx5qV5y\n" \
    "I0w0K4E7jh4dgcz5fvpc5coDSyilKjFMFCGkWA6gRhB4B7uoI48RacoBwhADh6JK\n" \
    "TQ14JiS75VmLCd3LOdcWCpDiKUGWxOE/ZsaYXTEdAoGBAIHQ9IoGRWvnb1jrPCWe\n" \
    "yanJGjOjnHVUSruuqN16WrJ+l1sc6Dv/5FrzJe8LY7U81WAL66+90/Z5/s7bZYeZ\n" \
    "guQkBtTK17JBhsNbVRNsfnOBV8Cmr46EArM1SE8LLe7XEj5ZctDLiGb/12VwpAfQ\n" \
    "jQ8HIsCtvsKqycImLK+uvKmf\n"                                         \
    "-----END PRIVATE KEY-----\n"

#define RSA_KEY_JSON                                                      \
    "-----BEGIN PRIVATE KEY-----\\n"                                      \
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCzT/bYB4xU0rmb\\n" \
    "jvYNJPFMxWyQ82yasGYIHPhu1vXVPnmv7ZnMBazfD5dq1ECuMVBpf7WROtg2MT8G\\n" \
    "nXsXFqjDD60gEzzdR9XfkDfrJEr/PPdtyGF6RDZhLO23xvrerwveqbtuzxrSozj5\\n" \
    "Z37zBK0wYRDqrdiQlj/TLW+RshtF0k3VeXsaLOpgBTVktnhiKGFQm8zX+7HZm1VB\\n" \
    "RnLGG9Gq4bPnSiSr8Afz0IJGQZnplCrmZyHgX7LcCq3ivkGSWCx9qA/1OfkonMUA\\n" \
    "E+iXkOi4v3ms/LAbVU5EH1qArV/9z98UxL4KEyS6pEJV6M3NLw9d2UPTM38iEhGl\\n" \
    "3FOtQj0JAgMBAAECggEAFRVEMcxZZ1PLjQshymkwkf/t2ZvgMM6oKzC009t51iky\\n" \
    "skkejzWPnj6SusswEQstUuo4KqufkRJN6x+IbIOL3juGoJctIzDMvdeS1kFTLBrl\\n" \
    "VhwnEfLZQ1MUCaAKDorIZirQ0KDl8iRM5k478qOhyrwZpW5BYLwPJGuwNZJFJfqh\\n" \
    "xYU/anS+LbGeG5tGF6PezzE1VVcCEIr09TCk9C2/YXm/TzWCGJu3HAFklPoJApAc\\n" \
    "XFcFHsNgKVxuFUX37PIartpL5ow1UCkXOF4m7TT2R7K0v+s5nZhBdCjRRckdt9aP\\n" \
    "bG/d825tHk5UH6NG4kOMxp0ACFpJkBWSK1s5pwyvvQKBgQDzOrhyWt4akbdXrorC\\n" \
    "me2TsFdsLJdJrQKnofxHRewRyrxo426iRb7oX4qWQ8o0HwgZqfd2g+p1L0itwfNx\\n" \
    "LCBs5ymwfZYfrx+pIuH0/EU7Zt24bd7RdZJELYfxVZxiwI5Zn15Mt44hhHFgjzNd\\n" \
    "eHMFELPc+4VaH+zVbeU+jy8GgwKBgQC8uiBXCjreTGaRYabPCLF7Atv28BtTmjUH\\n" \
    "I+/9HgCcUf6HnS84LTukXfAfVj5dzx3h70gH7PsNQax61shFf+t1zXSAxbhMA0gK\\n" \
    "SQiO0gQ188v34zarRQir93yCL83itQ6xjkYmFggIvEqQ9WJEGu96ZiirVc27D6mY\\n" \
    "dQxBgSH4gwKBgQCSmAKQ0ZlpdAeHbigtj250A+U8ykdIXWDrPaL6JfdY5dLWeLS2\\n" \
    "Usjz7pltZWAaN9W++gSuxmTpydzI9MtPm2PTnyMuPxLa98ZiPybma6EiYyYgwP95\\n" \
    "SJ4mPzbeylVd42YoN/gyzrJ4GwXmR4iSvkS8ecud1W4S2oj4ParcIJocFwKBgAmf\\n" \
    "vDJ0FRhs8PYM8sKwAMzzEmB/UgVrYbThgkV4GDPggohL3bKRq+7v02Tlsvx5qV5y\\n" \
    "I0w0K4E7jh4dgcz5fvpc5coDSyilKjFMFCGkWA6gRhB4B7uoI48RacoBwhADh6JK\\n" \
    "TQ14JiS75VmLCd3LOdcWCpDiKUGWxOE/ZsaYXTEdAoGBAIHQ9IoGRWvnb1jrPCWe\\n" \
    "yanJGjOjnHVUSruuqN16WrJ+l1sc6Dv/5FrzJe8LY7U81WAL66+90/Z5/s7bZYeZ\\n" \
    "guQkBtTK17JBhsNbVRNsfnOBV8Cmr46EArM1SE8LLe7XEj5ZctDLiGb/12VwpAfQ\\n" \
    "jQ8HIsCtvsKqycImLK+uvKmf\\n"                                         \
    "-----END PRIVATE KEY-----\\n"
