import json
from urllib.request import urlopen

url = "{{ base }}/api/collections/blocks/items?status=offered&limit=20"
blocks = []
while url:
    with urlopen(url) as answer:
        page = json.load(answer)
    blocks += page["features"]
    url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
print(len(blocks), "of", page["numberMatched"])
