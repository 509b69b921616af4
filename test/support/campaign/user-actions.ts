/** User actions in a checkout, as shell lines; `$N` is a unique number. */
export const USER_ACTIONS: Readonly<Record<string, string>> = {
  'commits a file': 'echo $N > "note-$N"; git add "note-$N"; git commit -qm "note $N"',
  'commits what is staged, twice':
    'git commit -qm "one $N" --allow-empty; git commit -qm "two $N" --allow-empty',
  'commits all edits': 'echo $N >> NOTES; git commit -qam "edit $N"',
  'adds everything and commits': 'echo $N >> NOTES; git add -A; git commit -qm "all $N"',
  'commits one file alone': 'echo $N >> NOTES; git commit -qm "only $N" -- NOTES',
  'amends the last commit': 'echo $N > "amended-$N"; git add "amended-$N"; git commit -q --amend --no-edit',
  'stashes and pops': 'echo $N >> NOTES; git stash -q -u; git stash pop -q; git commit -qam "popped $N"',
  'resets hard': 'git reset -q --hard',
  'takes edits back': 'git checkout -q -- .; git commit -q --allow-empty -m "back $N"',
  'unstages all': 'git reset -q; git commit -q --allow-empty -m "unstaged $N"',
  'switches away and back':
    'git switch -q -c "side-$N" && { echo $N > "side-$N"; git add .; git commit -qm "side $N"; git switch -q main; git merge -q --no-edit "side-$N"; }',
  'merges a branch':
    'git branch -q "feature-$N" feature; git merge -q --no-ff -m "merge $N" feature; git commit -q --allow-empty -m "merged $N"',
  'picks a commit': 'git cherry-pick feature || git cherry-pick --skip || git cherry-pick --abort',
  'pulls with a merge':
    'echo $N >> NOTES; git commit -qam "mine $N"; git pull -q --no-rebase --no-edit -X ours',
  'pulls with a rebase': 'echo $N >> NOTES; git commit -qam "mine $N"; git pull -q --rebase -X theirs',
};
