SELECT state, count(*) AS blocks, sum(area_ha) AS area_ha
FROM 'blocks.parquet'
WHERE status = 'offered'
GROUP BY state
ORDER BY blocks DESC, state;

-- A block may have several minerals
SELECT unnest(minerals) AS mineral, count(*) AS blocks
FROM 'blocks.parquet'
GROUP BY mineral
ORDER BY blocks DESC, mineral;

-- The shape as text; to measure it, add the extension spatial
SELECT id, ST_AsText(geometry) AS shape FROM 'blocks.parquet' ORDER BY id;
