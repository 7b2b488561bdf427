"""Common English words, so that prompts from outside the world's captions tokenise sensibly."""

from __future__ import annotations

_TEXT = """
the be to of and a in that have it for not on with he as you do at this but his by from they we
say her she or an will my one all would there their what so up out if about who get which go me
when make can like time no just him know take people into year your good some could them see other
than then now look only come its over think also back after use two how our work first well way
even new want because any these give day most us is was are were been has had did said made each
many more very where why here off again under last long little own old right big high different
small large next early young few same able great same every much through before between both being
while below above never always often still another such around against without within man woman
child boy girl baby person friend family mother father king queen player doctor teacher house home
door window room wall floor roof kitchen garden street road city town village school shop market
bridge tower castle station farm field forest wood tree leaf grass flower hill mountain river lake
sea beach island sky sun moon star cloud rain snow wind fire water ice earth stone sand dog cat
horse cow sheep pig bird fish lion tiger bear mouse rabbit duck chicken bee animal car bus train
boat ship plane bicycle truck wheel engine machine tool phone camera computer radio television
clock lamp table chair bed box bag bottle cup plate knife spoon key book paper pen letter picture
photo photograph painting drawing image sketch portrait print poster cartoon style artist art
music song guitar piano drum horn game ball toy food bread cake apple orange lemon banana egg milk
cheese meat coffee tea sugar salt red green blue yellow black white brown grey pink purple gold
silver dark light bright colour color warm cold hot dry wet clean dirty open closed empty full
round square flat tall short wide narrow deep heavy soft hard fast slow quick loud quiet happy sad
angry tired beautiful pretty ugly simple strange famous rich poor strong weak safe real true false
one two three four five six seven eight nine ten hundred thousand morning evening night summer
winter spring autumn today north south east west left front side top bottom middle corner edge
line circle shape face head eye ear nose mouth hand arm leg foot hair body heart hat shirt dress
shoe coat run walk sit stand sleep eat drink read write draw paint play sing dance jump fly swim
drive ride hold carry throw catch cut break build find show look watch hear speak talk ask answer
call help love live die begin end stop start turn move close background foreground detailed
realistic abstract modern ancient vintage oil watercolor canvas digital render view scene
landscape nature macro wide angle studio quality best
"""

COMMON_WORDS: tuple[str, ...] = tuple(_TEXT.split())
"""Once each or more; how often a word stands here has little weight beside the captions."""
