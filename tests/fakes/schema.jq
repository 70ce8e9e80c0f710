# Are the answers of a fake what the network's description allows?  As far as these use it: JSON Schema
# in OpenAPI, and the form that the Telegram Bot API is described in.  Each yields what is wrong, as texts.

def resolve($root): if type == "object" and has("$ref")
	then (.["$ref"] | ltrimstr("#/") | split("/")) as $p | $root | getpath($p) | resolve($root)
	else . end;

def is($t): type as $k | if ($t | type) == "array" then . as $v | any($t[]; . as $one | $v | is($one)) elif $t == "integer" then $k == "number" and . == floor else $k == $t end;

def against($root; $schema; $where):
	. as $v | ($schema | resolve($root)) as $s |
	if $v == null and $s.nullable == true then empty
	elif $s.oneOf or $s.anyOf then
		[($s.oneOf // $s.anyOf)[] as $one | [$v | against($root; $one; $where)]] as $tried |
		if any($tried[]; . == []) then empty
			else "\($where): fits none of \($tried | length): \($tried[0][0])" end
	else
		(($s.allOf // [])[] as $one | $v | against($root; $one; $where)),
		(if $s.type and ($v | is($s.type) | not)
			then "\($where): expected \($s.type), got \($v | tojson)" else empty end),
		(if $s.enum and (any($s.enum[]; . == $v) | not)
			then "\($where): \($v | tojson) is none of \($s.enum | tojson)" else empty end),
		(if $s.pattern and ($v | type) == "string" and ($v | test($s.pattern) | not)
			then "\($where): \($v | tojson) does not match \($s.pattern)" else empty end),
		(if $s.minItems and ($v | type) == "array" and ($v | length) < $s.minItems
			then "\($where): too few" else empty end),
		(if ($v | type) == "array" and $s.items then $v | to_entries[] | .key as $i | .value |
			against($root; $s.items; "\($where)[\($i)]") else empty end),
		(if ($v | type) == "object" then
			(($s.required // [])[] as $k | select($v | has($k) | not) | "\($where): \($k) is missing"),
			($v | to_entries[] | .key as $k | .value as $x |
				if $s.properties[$k] then $x | against($root; $s.properties[$k]; "\($where).\($k)")
				elif $s.properties then "\($where): \($k) is not known"
				else empty end)
		else empty end)
	end;

# One line of the log of fake_api, against an OpenAPI description.
def openapi($root):
	.request as $r | .answer as $a | ($r.method | ascii_downcase) as $method |
	[$root.paths | to_entries[] | select(.value[$method]) |
		select(.key | gsub("\\{[^}]*\\}"; "[^/]+") | ("^" + . + "$") as $pattern | $r.path |
			test($pattern))] |
	# "/2/users/me" is not "/2/users/{id}".
	sort_by(.key | [scan("\\{")] | length) | .[0] as $found |
	if $found == null then "\($r.method) \($r.path): no such operation"
	else
		($found.value[$method].responses | .[$a.status | tostring] // .default | resolve($root) |
			.content) as $content |
		if $content == null then "\($r.method) \($r.path): status \($a.status) is not described"
		elif $content["application/json"].schema and ($a.status < 400) then
			$a.body | against($root; $content["application/json"].schema; "\($r.method) \($r.path)")
		elif $a.status >= 400 then
			(($content["application/problem+json"] // $content["application/json"]).schema) as $schema |
			# A problem without a type of its own has the three members all have.
			if $a.body.type == "about:blank" then
				("title", "detail", "type") as $k | select($a.body | has($k) | not) |
					"\($r.method) \($r.path): problem without \($k)"
			else $a.body | against($root; $schema; "\($r.method) \($r.path)") end
		else empty end
	end;

# The Telegram Bot API: V is of the type OF.
def typed($spec; $of; $where):
	. as $v |
	if $of | startswith("Array of ") then
		if ($v | type) != "array" then "\($where): expected a list"
		else $v | to_entries[] | .key as $i | .value | typed($spec; $of[9:]; "\($where)[\($i)]") end
	elif $of == "Integer" then if $v | is("integer") then empty
		else "\($where): expected an integer" end
	elif $of == "Float" then if ($v | type) == "number" then empty
		else "\($where): expected a number" end
	elif $of == "String" then if ($v | type) == "string" then empty
		else "\($where): expected a text" end
	elif $of == "Boolean" or $of == "True" then if ($v | type) == "boolean" then empty
		else "\($where): expected a boolean" end
	elif $spec.types[$of].subtypes then
		[$spec.types[$of].subtypes[] as $one | [$v | typed($spec; $one; $where)]] as $tried |
		if any($tried[]; . == []) then empty else $tried[0][0] end
	elif ($v | type) != "object" then "\($where): expected \($of)"
	else
		($spec.types[$of].fields // []) as $fields |
		($fields[] | select(.required) | .name as $k | select($v | has($k) | not) |
			"\($where): \($k) is missing"),
		($v | to_entries[] | .key as $k | .value as $x |
			([$fields[] | select(.name == $k)][0]) as $f |
			if $f == null then "\($where): \($k) is not known"
			else
				[$f.types[] as $one | [$x | typed($spec; $one; "\($where).\($k)")]] as $tried |
				if any($tried[]; . == []) then empty else $tried[0][0] end
			end)
	end;

def telegram($spec):
	.request as $r | .answer as $a | ($r.path | split("/")[-1]) as $method |
	$spec.methods[$method] as $m |
	if ($a.body | type) != "object" or ($a.body | has("ok") | not) then "\($method): no \"ok\""
	elif $a.body.ok != true then
		if ($a.body.error_code | is("number")) and ($a.body.description | is("string")) then empty
			else "\($method): an error without code and description" end
	elif $m == null then "\($method): no such method"
	else
		(($r.query + (if ($r.body | type) == "object" then $r.body else {} end)) as $p |
			($m.fields[]? | select(.required) | .name as $k | select($p | has($k) | not) |
				"\($method): \($k) was not given"),
			($p | keys[] as $k | select(any($m.fields[]?; .name == $k) | not) |
				"\($method): \($k) is no parameter")),
		([$m.returns[] as $t | [$a.body.result | typed($spec; $t; $method)]] as $tried |
			if any($tried[]; . == []) then empty else $tried[0][0] end)
	end;
