from io import BytesIO
from urllib.request import urlopen

import geopandas

with urlopen("{{ base }}/download/blocks.parquet?status=offered") as answer:
    offered = geopandas.read_parquet(BytesIO(answer.read()))

# With min_count an area that is not published stays unknown and does not become 0
print(offered.groupby("state")["area_ha"].sum(min_count=1))
