-- Q1 by hand. $1 the viewer and everybody below, $2 whom a share reaches the viewer by, $3 the customer's id.
-- What hangs on a customer that is seen is seen: only the customer itself is asked about.
SELECT row_to_json(a) FROM (SELECT (SELECT row_to_json(d) FROM (SELECT (SELECT row_to_json(c) FROM (
  SELECT p.id, p.name, p.short_name AS "shortName", p.credit_code AS "creditCode", p.lifecycle, p.website,
    p.credit_limit::text AS "creditLimit", p.payment_terms_days AS "paymentTermsDays", p.last_contact_at AS "lastContactAt",
    p.next_contact_at AS "nextContactAt", p.version, p.updated_at AS "updatedAt",
    (SELECT row_to_json(r) FROM (SELECT u.id, u.username, u.display_name AS "displayName"
      FROM user_account u WHERE u.id = p.owner_id) r) AS owner,
    (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
      SELECT x.id, x.name, x.title, x.department_name AS "departmentName", x."primary", x.birthday_on AS "birthdayOn"
      FROM contact x WHERE x.party_id = p.id AND x.deleted_at IS NULL ORDER BY x.name_key, x.id LIMIT 10) r) n) AS contacts,
    (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
      SELECT x.id, x.kind, x.subject, x.status, x.planned_at AS "plannedAt", x.done_at AS "doneAt", x.outcome,
        (SELECT row_to_json(o) FROM (SELECT u.id, u.display_name AS "displayName"
          FROM user_account u WHERE u.id = x.owner_id) o) AS owner
      FROM activity x WHERE x.party_id = p.id AND x.deleted_at IS NULL
      ORDER BY x.created_at DESC, x.id DESC LIMIT 20) r) n) AS activities,
    (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
      SELECT x.id, x.title, x.status, x.amount::text AS amount, x.currency, x.probability, x.expected_close_on AS "expectedCloseOn"
      FROM opportunity x WHERE x.party_id = p.id AND x.deleted_at IS NULL
      ORDER BY x.updated_at DESC, x.id DESC LIMIT 10) r) n) AS opportunities,
    (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
      SELECT x.id, x.number, x.title, x.kind, x.status, x.amount::text AS amount, x.currency, x.signed_on AS "signedOn",
        x.ends_on AS "endsOn"
      FROM contract x WHERE x.party_id = p.id AND x.deleted_at IS NULL
      ORDER BY x.created_at DESC, x.id DESC LIMIT 10) r) n) AS contracts,
    (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
      SELECT x.id, x.number, x.status, x.courier, x.waybill, x.shipped_on AS "shippedOn", x.delivered_at AS "deliveredAt",
        x.freight::text AS freight
      FROM delivery x WHERE x.party_id = p.id AND x.deleted_at IS NULL
      ORDER BY x.created_at DESC, x.id DESC LIMIT 10) r) n) AS deliveries,
    (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
      SELECT x.id, x.access, x.cause, x.created_at AS "createdAt", x.expires_at AS "expiresAt",
        (SELECT row_to_json(o) FROM (SELECT u.id, u.display_name AS "displayName"
          FROM user_account u WHERE u.id = x.granted_by_id) o) AS "grantedBy"
      FROM share x WHERE x.record_id = p.id ORDER BY x.created_at, x.id LIMIT 10) r) n) AS shares
  FROM party p
  WHERE p.id = $3 AND p.type = 'CUSTOMER' AND p.deleted_at IS NULL AND {rights}
) c) AS customer) d) AS data) a
