# Every type that can be a shard key (semantics.md 1, 2).

-- same
SELECT * FROM documents WHERE name = 'doc7'

-- same
SELECT * FROM documents WHERE name = ''

-- same
SELECT * FROM documents WHERE name = 'it''s'

-- same
SELECT * FROM documents WHERE name = E'it\'s'

-- same
SELECT * FROM documents WHERE name = $$it's$$

-- same
SELECT * FROM documents WHERE name = 'größe'

-- same
SELECT * FROM documents WHERE name = U&'gr\00f6\00dfe'

-- same
SELECT * FROM documents WHERE name = 'a b '

-- same
SELECT * FROM documents WHERE name = 'a b'

-- same
SELECT * FROM documents WHERE name = 'doc7'::text

-- same
SELECT * FROM documents WHERE name = 'doc7'::varchar

-- same
-- params: 'doc7'
SELECT * FROM documents WHERE name = $1

-- same
-- params: 'doc7'::text
SELECT * FROM documents WHERE name = $1

-- same
-- params: 'doc7'::varchar
SELECT * FROM documents WHERE name = $1

-- same
-- params: 'größe'
SELECT * FROM documents WHERE name = $1

-- same
SELECT * FROM documents WHERE name IN ('doc7')

-- error 42883
-- fan-out
SELECT * FROM documents WHERE name = 7

-- same
SELECT * FROM codes WHERE code = 'c7'

-- same
SELECT * FROM codes WHERE code = 'c7   '

-- same
-- params: 'c7'
SELECT * FROM codes WHERE code = $1

-- same
SELECT * FROM blanks WHERE code = 'b7'

-- same
SELECT * FROM blanks WHERE code = 'b7   '

-- same
-- params: 'b7'::bpchar
SELECT * FROM blanks WHERE code = $1

-- same
SELECT * FROM devices WHERE id = '00000000-0000-0000-0000-000000000007'

-- same
SELECT * FROM devices WHERE id = '00000000-0000-0000-0000-00000000000A'

-- same
SELECT * FROM devices WHERE id = '{00000000-0000-0000-0000-00000000000a}'::uuid

-- same
-- params: '00000000-0000-0000-0000-000000000007'
SELECT * FROM devices WHERE id = $1

-- same
-- params: '00000000-0000-0000-0000-000000000007'::uuid
SELECT * FROM devices WHERE id = $1

-- error 22P02
-- fan-out
SELECT * FROM devices WHERE id = 'x'

-- same
SELECT * FROM days WHERE day = '2025-01-07'

-- same
SELECT * FROM days WHERE day = date '2025-01-07'

-- same
-- params: '2025-01-07'
SELECT * FROM days WHERE day = $1

-- same
SELECT * FROM amounts WHERE amount = 1.25

-- same
SELECT * FROM amounts WHERE amount = 1.250

-- same
SELECT * FROM amounts WHERE amount = 2

-- same
SELECT * FROM amounts WHERE amount = '1.5'

-- same
SELECT * FROM amounts WHERE amount = -0.25

-- same
SELECT * FROM amounts WHERE amount = 0

-- same
SELECT * FROM amounts WHERE amount = 1.255

-- same
-- params: 1.25
SELECT * FROM amounts WHERE amount = $1

-- same
-- params: 2::int4
SELECT * FROM amounts WHERE amount = $1

-- same
SELECT * FROM moments WHERE at = '2025-01-01 07:00:00+00'

-- same
SELECT * FROM blobs WHERE k = '\x0007'

-- same
SELECT * FROM flags WHERE k = true

-- same
SELECT * FROM flags WHERE k = 'f'

-- same
SELECT * FROM tiny WHERE k = 7

-- same
SELECT * FROM tiny WHERE k = -5

-- same
SELECT * FROM tiny WHERE k = 70000

-- same
-- params: 7::int8
SELECT * FROM tiny WHERE k = $1

-- same
SELECT * FROM middle WHERE k = 7

-- same
SELECT * FROM middle WHERE k = -5

-- same
SELECT * FROM middle WHERE k = 5000000000

-- same
SELECT * FROM readings WHERE device = 3 AND day = '2025-01-04'

-- same
-- params: 3, '2025-01-04'
SELECT * FROM readings WHERE day = $2 AND device = $1

-- same
-- fan-out
SELECT * FROM readings WHERE device = 3

# Equal in value but not in hash: no key, so every node is asked.

-- same
-- fan-out
SELECT * FROM middle WHERE k = 7.0::float8

-- same
-- fan-out
-- params: 7::float8
SELECT * FROM middle WHERE k = $1

-- same
-- fan-out
SELECT * FROM documents WHERE name = 'doc7'::char(4)

-- same
-- fan-out
SELECT * FROM blanks WHERE code::text = 'b7'

-- same
-- fan-out
SELECT * FROM days WHERE day = timestamp '2025-01-07 00:00:00'

-- same
-- fan-out
SELECT * FROM moments WHERE at = timestamp '2025-01-01 07:00:00'

-- same
-- fan-out
SELECT * FROM amounts WHERE amount = 1.25::float8
